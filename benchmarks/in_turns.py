"""Versions of a computation measured in turns, each in a process of its own, so that a busy machine slows all of them alike."""

import multiprocessing
import random


def in_turns(worker, arguments, rounds, word=None, wrong=lambda version, first: None):
    """Starts a worker for each version, then asks one after the other, round by round, in another order in every round.

    Args:
        worker: function of a version's arguments and a connection: sends a first answer, then one for each word that it receives.
        arguments: {version: arguments of its worker}.
        rounds: how often each is asked.
        word: what it is sent.
        wrong: function of a version and its first answer that says what is wrong with it, so that it is left out, or None.

    Returns:
        {version: (first answer, [answer of each round], connection)}.
    """
    context, draw = multiprocessing.get_context("spawn"), random.Random(0)
    result = {}
    for version, own in arguments.items():
        connection, other = context.Pipe()
        context.Process(target=worker, args=(*own, other), daemon=True).start()
        other.close()  # or nobody would learn that the process has ended
        first = connection.recv()
        if reason := wrong(version, first):
            print(f"left out: {version} ({reason})", flush=True)
            continue
        result[version] = first, [], connection
    for _ in range(rounds):
        for _, answers, connection in draw.sample(list(result.values()), len(result)):
            connection.send(word)
            answers.append(connection.recv())
    return result
