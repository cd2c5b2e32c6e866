"""Sources of samples beyond memory: chunks of arrays, files, Dask arrays, or of a teacher that is asked on the fly.

One small protocol (:class:`SampleSource`): a source names its *parts*, each of which can be read anywhere and in any
order, and :meth:`SampleSource.reduce` sums an additive summary over them. ``as_source`` makes one of whatever holds
samples, ``gather`` takes a uniform subsample of bounded size into memory.
"""

from learner.sources.arrays import ArraySource
from learner.sources.convert import as_source, is_streamed
from learner.sources.dask_arrays import DaskSource
from learner.sources.files import NpyFile, ParquetSource
from learner.sources.protocol import BUDGET, Part, SampleSource, Summary, gather, label_sample
from learner.sources.teacher import TeacherSource

__all__ = [
    "BUDGET",
    "ArraySource",
    "DaskSource",
    "NpyFile",
    "ParquetSource",
    "Part",
    "SampleSource",
    "Summary",
    "TeacherSource",
    "as_source",
    "gather",
    "is_streamed",
    "label_sample",
]
