"""All of torch. Importing this package does not import torch: its modules do, when a run begins."""
