"""Versions of a computation measured in turns, each in a process of its own, so that a busy machine slows all of them alike."""

import multiprocessing


def in_turns(worker, arguments, rounds, word=None):
    """Starts a worker for each version, then asks one after the other, round by round.

    Args:
        worker: function of a version's arguments and a connection: sends a first answer, then one for each word that it receives.
        arguments: {version: arguments of its worker}.
        rounds: how often each is asked.
        word: what it is sent.

    Returns:
        {version: (first answer, [answer of each round], connection)}.
    """
    context = multiprocessing.get_context("spawn")
    result = {}
    for version, own in arguments.items():
        connection, other = context.Pipe()
        context.Process(target=worker, args=(*own, other), daemon=True).start()
        other.close()  # or nobody would learn that the process has ended
        result[version] = connection.recv(), [], connection
    for _ in range(rounds):
        for _, answers, connection in result.values():
            connection.send(word)
            answers.append(connection.recv())
    return result
