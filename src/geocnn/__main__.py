"""``python -m geocnn``, for torchrun and for environments without the command on the path."""

import sys

from geocnn.cli import main

sys.exit(main())
