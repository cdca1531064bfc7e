from cost_pipeline.parse.rows import RowReader
def open_excel(*a: object, **k: object) -> RowReader: raise NotImplementedError
