#!/usr/bin/env python3
"""Reads one picture with zxing-cpp and writes what a scanner would send: symbology identifier and bytes."""
import sys

import zxingcpp
from PIL import Image

for read in zxingcpp.read_barcodes(Image.open(sys.argv[1])):
    sys.stdout.buffer.write(read.symbology_identifier.encode() + read.bytes + b"\n")
