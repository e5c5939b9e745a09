from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from words import count_words  # noqa: E402


class WordsTest(unittest.TestCase):
    def test_counts_words_whatever_their_case_the_most_frequent_first(self) -> None:
        counted = count_words("The cat saw the dog.\nTHE END")
        self.assertEqual((counted["lines"], counted["words"], counted["different"]), (2, 7, 5))
        self.assertEqual(counted["top"][0], {"word": "the", "count": 3})
        self.assertEqual([entry["word"] for entry in counted["top"][1:]], ["cat", "dog", "end", "saw"])

    def test_knows_letters_of_all_languages_and_leaves_numbers_out(self) -> None:
        words = [entry["word"] for entry in count_words("Größe 42 naïve don’t жизнь it's a_b")["top"]]
        self.assertEqual(words, ["a", "b", "don’t", "grösse", "it's", "naïve", "жизнь"])

    def test_two_ways_to_write_an_accent_are_one_word(self) -> None:
        self.assertEqual(count_words("caf\u00e9 cafe\u0301")["different"], 1)

    def test_an_empty_text_has_no_words(self) -> None:
        self.assertEqual(count_words(""), {"lines": 0, "words": 0, "different": 0, "top": []})

    def test_tells_after_each_line_and_can_be_ended_there(self) -> None:
        seen = []

        def after_line(done: int, lines: int) -> None:
            seen.append((done, lines))
            if done == 2:
                raise InterruptedError

        with self.assertRaises(InterruptedError):
            count_words("a\nb\nc", after_line)
        self.assertEqual(seen, [(1, 3), (2, 3)])


if __name__ == "__main__":
    unittest.main()
