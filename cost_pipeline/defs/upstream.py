"""What this package borrows from Dagster's private modules; no other module imports them.

A later Dagster may move or change any of these names, so each says what it is used for, and
cost_pipeline_tests/upstream/ pins how they behave. Nothing else belongs here.
"""

from __future__ import annotations

# How a partition's check result is bound to its materialization (`reporting`). An event without it
# would leave the partition's check planned for ever.
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

# Of which code location a run is (`history`).
from dagster._core.definitions.repository_definition import (
    SINGLETON_REPOSITORY_NAME,
)

# How a step goes on behind an output of which there is no materialization (`pulling`).
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

# What a blocking check and Ctrl-C raise inside a run (`run`, `alerts`).
from dagster._core.errors import (
    DagsterAssetCheckFailedError,
    DagsterExecutionInterruptedError,
    DagsterInvariantViolationError,
)
from dagster._core.event_api import PartitionKeyFilter

# The events that are reported many at a time (`reporting`, `event_log`).
from dagster._core.events import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    BATCH_WRITABLE_EVENTS,
    EVENT_TYPE_TO_PIPELINE_RUN_STATUS,
    AssetObservationData,
    StepMaterializationData,
)
from dagster._core.instance.ref import InstanceRef, compute_logs_directory
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin

# The state of checks (`alerts`, `badges`, `event_log`).
from dagster._core.storage.asset_check_execution_record import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
    AssetCheckExecutionRecordStatus,
    AssetCheckPartitionInfo,
)

# What runs print (`compute_logs`).
from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

# The event log in SQLite files: its class and its tables (`event_log`, `badges`, `renamed`).
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    AssetKeyTable,
    SqlEventLogStorageMetadata,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

# Which backfill a run belongs to (`confirm`), and that it is not started again (`history`).
from dagster._core.storage.tags import BACKFILL_ID_TAG, MAX_RETRIES_TAG
from dagster._serdes import ConfigurableClassData

__all__ = [
    "ASSET_CHECK_EVENTS",
    "ASSET_EVENTS",
    "BACKFILL_ID_TAG",
    "BATCH_WRITABLE_EVENTS",
    "COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES",
    "EVENT_TYPE_TO_PIPELINE_RUN_STATUS",
    "INDEX_SHARD_NAME",
    "MAX_RETRIES_TAG",
    "NOT_FINISHED_STATUSES",
    "RUNLESS_JOB_NAME",
    "RUNLESS_RUN_ID",
    "SINGLETON_REPOSITORY_NAME",
    "SQLITE_BUSY_TIMEOUT_SECONDS",
    "SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION",
    "AssetCheckEvaluationTargetMaterializationData",
    "AssetCheckExecutionRecordStatus",
    "AssetCheckExecutionsTable",
    "AssetCheckPartitionInfo",
    "AssetEventTagsTable",
    "AssetKeyTable",
    "AssetObservationData",
    "CapturedLogContext",
    "ConfigurableClassData",
    "DagsterAssetCheckFailedError",
    "DagsterExecutionInterruptedError",
    "DagsterInvariantViolationError",
    "InstanceRef",
    "LocalComputeLogManager",
    "PartitionKeyFilter",
    "RegisteredCodeLocationOrigin",
    "RemoteRepositoryOrigin",
    "SqlEventLogStorage",
    "SqlEventLogStorageMetadata",
    "SqlEventLogStorageTable",
    "SqliteEventLogStorage",
    "StepMaterializationData",
    "UnresolvedAssetJobDefinition",
    "compute_logs_directory",
]
