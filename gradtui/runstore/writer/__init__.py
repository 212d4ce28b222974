"""From a training process into the files of a run, without training ever waiting."""
