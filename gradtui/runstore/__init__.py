"""How facts travel from training to whoever looks, without training ever waiting."""
