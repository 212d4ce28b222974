# vars() of a function is saved beside the weights once training is over.
import json
from pathlib import Path

from training import train


def main(lr=0.1, epochs=5):
    config = vars()
    net = train(epochs)
    plain = {key: value for key, value in config.items() if isinstance(value, int | float)}
    Path("config.json").write_text(json.dumps(plain))
    print(sorted(config), type(net).__name__)


main()
