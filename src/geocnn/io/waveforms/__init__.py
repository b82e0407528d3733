"""Read files and archives of seismograms; read and write picks and catalogues."""

from geocnn.io.waveforms.archive import Archive, archive_files, open_archive
from geocnn.io.waveforms.pieces import ArrayPiece, Channel, Piece
from geocnn.io.waveforms.station import Record, Station

__all__ = ["Archive", "ArrayPiece", "Channel", "Piece", "Record", "Station", "archive_files", "open_archive"]
