#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// A fuzzer for the unit tests: inputs are made of those of a saved corpus by mutations that follow from a seed, so
// every run can be repeated. It knows nothing of coverage; what it finds is kept by adding the input to the corpus.
//
// TASKGATE_FUZZ_RUNS: inputs per target. TASKGATE_FUZZ_SEED: other inputs. TASKGATE_FUZZ_TRACE=1: prints each input
// before it is tried, for one that ends the program.
namespace taskgate {

inline std::uint64_t fuzz_setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, const std::vector<std::string>& words)
      : corpus_(corpus), words_(words) {}

  // The input of that number: the corpus as it is, then mutations.
  std::string input(std::uint64_t seed, std::uint64_t number) {
    if (number < corpus_.size()) return corpus_[number];
    random_.seed(seed * 1'000'003 + number);
    std::string input = any(corpus_);
    const auto changes = 1 + below(6);
    for (std::uint64_t i = 0; i < changes; ++i) change(input);
    return input;
  }

  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : random_() % bound; }

 private:
  const std::string& any(const std::vector<std::string>& from) { return from[below(from.size())]; }

  void change(std::string& input) {
    const auto at = below(input.size() + 1);
    const auto length = 1 + below(std::min<std::uint64_t>(input.size(), 16));
    switch (below(9)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ 1 << below(8));
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(below(256));
        break;
      case 2:
        input.insert(at, 1 + below(4), static_cast<char>(below(256)));
        break;
      case 3:
        input.erase(at, length);
        break;
      case 4:
        input.insert(at, input.substr(below(input.size() + 1), length));
        break;
      case 5:
        if (!words_.empty()) input.insert(at, any(words_));
        break;
      case 6:
        if (!words_.empty()) input.replace(at, std::min<std::size_t>(length, input.size() - at), any(words_));
        break;
      case 7: {  // the front of one and the end of another
        const std::string& other = any(corpus_);
        input = input.substr(0, at) + other.substr(below(other.size() + 1));
        break;
      }
      default:
        input.resize(at);
    }
  }

  const std::vector<std::string>& corpus_;
  const std::vector<std::string>& words_;
  std::mt19937_64 random_;
};

// Tries `target` with every input of the folder and with `runs` more. `target` reports by gtest; the first input that
// it fails on ends the loop and is printed.
inline void fuzz(const std::filesystem::path& corpus_folder, const std::vector<std::string>& words, std::uint64_t runs,
                 const std::function<void(const std::string& input, Mutator& random)>& target) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(corpus_folder)) files.push_back(file.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  ASSERT_FALSE(corpus.empty()) << corpus_folder;

  const auto seed = fuzz_setting("TASKGATE_FUZZ_SEED", 1);
  const auto last = corpus.size() + fuzz_setting("TASKGATE_FUZZ_RUNS", runs);
  const bool trace = fuzz_setting("TASKGATE_FUZZ_TRACE", 0) != 0;
  std::cout << "fuzzing with seed " << seed << ": " << corpus.size() << " saved inputs, " << last << " in all\n";
  Mutator mutator(corpus, words);
  for (std::uint64_t number = 0; number < last; ++number) {
    const std::string input = mutator.input(seed, number);
    if (trace) std::cout << number << ' ' << testing::PrintToString(input) << std::endl;
    target(input, mutator);
    if (testing::Test::HasFailure()) {
      FAIL() << "with input " << number << " of seed " << seed << ": " << testing::PrintToString(input);
    }
  }
}

}  // namespace taskgate
