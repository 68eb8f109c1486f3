"""Forms of a computation measured in turns, each in a process of its own, so that a busy machine slows all of them alike."""

import multiprocessing


def in_turns(worker, arguments, rounds, word=None):
    """Starts a worker for each form, then asks one after the other, round by round.

    Args:
        worker: function of a form's arguments and a connection: sends a first answer, then one for each word that it receives.
        arguments: {form: arguments of its worker}.
        rounds: how often each is asked.
        word: what it is sent.

    Returns:
        {form: (first answer, [answer of each round], connection)}.
    """
    context = multiprocessing.get_context("spawn")
    result = {}
    for form, own in arguments.items():
        connection, other = context.Pipe()
        context.Process(target=worker, args=(*own, other), daemon=True).start()
        other.close()  # or nobody would learn that the process has ended
        result[form] = connection.recv(), [], connection
    for _ in range(rounds):
        for _, answers, connection in result.values():
            connection.send(word)
            answers.append(connection.recv())
    return result
