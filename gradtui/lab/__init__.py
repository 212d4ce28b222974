"""The lab: scenarios, models, data and the thread that trains them. Importing this package does not
import torch: its modules do, when a run begins."""
