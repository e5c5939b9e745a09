#include "net/compression.h"

#include <zlib.h>

#include <new>
#include <stdexcept>

namespace taskgate::net {

namespace {

constexpr int level = 3;
constexpr int window_bits = 15;
constexpr int gzip_instead_of_zlib = 16;  // added to the window's bits
constexpr int memory_level = 8;

}  // namespace

std::string compress(std::string_view text, Coding coding) {
  z_stream stream{};
  const int bits = window_bits + (coding == Coding::gzip ? gzip_instead_of_zlib : 0);
  if (deflateInit2(&stream, level, Z_DEFLATED, bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  // zlib reads but does not write what next_in points to.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int outcome = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (outcome != Z_STREAM_END) throw std::runtime_error("zlib did not finish a text within its own bound");
  return out;
}

}  // namespace taskgate::net
