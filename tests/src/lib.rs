//! What the end to end tests share: running programs, reading captures, judging audio by its tones.
