# A pool of forked processes, each of which trains.
import multiprocessing

from training import digest, small_net, train


def work(seed):
    return digest(train(8, small_net(seed)).parameters())


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(work, range(4)))
