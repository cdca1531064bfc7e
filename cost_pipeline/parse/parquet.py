from cost_pipeline.parse.rows import RowReader
def open_parquet(*a: object, **k: object) -> RowReader: raise NotImplementedError
