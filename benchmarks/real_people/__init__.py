"""Networks judged on real people: what LPIPS and the eye say of pictures whose truth is known.

    python -m benchmarks.real_people people_256 [other.tflite ...] --sheet pairs.png

The pairs are frames of films of one person before four cameras, which pip fetches with pose2sim; a network gets one frame and
the pose of another, which is the truth. Everything is scored inside the person, pasted on the true background: networks see a
crop for each frame, whose backgrounds have nothing to do with each other.
"""
