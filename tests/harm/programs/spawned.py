# A spawned process trains and hands back its weights.
import multiprocessing

from training import digest, small_net, train


def work(queue):
    queue.put(digest(train(8, small_net(5)).parameters()))


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=work, args=(queue,))
    process.start()
    print(queue.get(), process.join(), process.exitcode)
