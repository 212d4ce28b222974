"""Ray Train at a pace: two workers of a cluster that the script starts."""

import sys


def work() -> None:
    import ray.train
    from paced_loop import train

    context = ray.train.get_context()
    train(context.get_world_rank(), context.get_world_size(), ["group"])


def main(store: str) -> None:
    import ray
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    TorchTrainer(
        work,
        scaling_config=ScalingConfig(num_workers=2, use_gpu=False),
        run_config=RunConfig(storage_path=store),
    ).fit()
    ray.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
