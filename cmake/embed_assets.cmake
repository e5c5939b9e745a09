# Run at build time: cmake -DDIST=<folder> -DOUT=<folder> -DFUNCTION=<name> -P embed_assets.cmake
#
# Writes OUT/asset_bytes.S, which includes every file of DIST, and OUT/asset_table.cpp, the table over them. X.gz and X.br are the
# compressed forms of X. Both outputs are touched only when they change; the content hash in them makes a changed file count.

set(types
  html "text/html" js "text/javascript" mjs "text/javascript" css "text/css" json "application/json" map "application/json"
  svg "image/svg+xml" png "image/png" jpg "image/jpeg" webp "image/webp" ico "image/x-icon" woff2 "font/woff2" woff "font/woff"
  ttf "font/ttf" txt "text/plain" webmanifest "application/manifest+json" wasm "application/wasm")

function(content_type path result)
  get_filename_component(extension "${path}" LAST_EXT)
  string(REPLACE "." "" extension "${extension}")
  list(FIND types "${extension}" index)
  if(index EQUAL -1)
    set(type "application/octet-stream")
  else()
    math(EXPR index "${index} + 1")
    list(GET types ${index} type)
  endif()
  if(type MATCHES "^text/|json$|svg")
    string(APPEND type "; charset=utf-8")
  endif()
  set(${result} "${type}" PARENT_SCOPE)
endfunction()

# Appends one file to the assembler text; `view` becomes the C++ expression of its bytes.
function(embed file symbol view)
  if(NOT EXISTS "${file}")
    set(${view} "{}" PARENT_SCOPE)
    return()
  endif()
  file(SHA256 "${file}" hash)
  string(APPEND assembler
    "/* ${hash} */\n.global ${symbol}\n.global ${symbol}_end\n${symbol}:\n.incbin \"${file}\"\n${symbol}_end:\n.byte 0\n")
  string(APPEND declarations "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
  set(assembler "${assembler}" PARENT_SCOPE)
  set(declarations "${declarations}" PARENT_SCOPE)
  set(${view} "bytes(${symbol}, ${symbol}_end)" PARENT_SCOPE)
endfunction()

set(assembler ".section .rodata\n")
set(declarations "")
set(rows "")
set(number 0)
file(GLOB_RECURSE files RELATIVE "${DIST}" "${DIST}/*")
list(SORT files)
list(FILTER files EXCLUDE REGEX "\\.(gz|br)$")
foreach(file IN LISTS files)
  set(symbol "taskgate_${FUNCTION}_${number}")
  math(EXPR number "${number} + 1")
  embed("${DIST}/${file}" "${symbol}" identity)
  embed("${DIST}/${file}.gz" "${symbol}_gzip" gzip)
  embed("${DIST}/${file}.br" "${symbol}_brotli" brotli)
  file(SHA256 "${DIST}/${file}" hash)
  string(SUBSTRING "${hash}" 0 32 etag)
  content_type("${file}" type)
  string(APPEND rows "      {\"/${file}\", \"${type}\", \"${etag}\", ${identity}, ${gzip}, ${brotli}},\n")
endforeach()
string(APPEND assembler ".section .note.GNU-stack,\"\",%progbits\n")

set(table "// Written by cmake/embed_assets.cmake.\n#include \"net/static_assets.h\"\n\n#include <array>\n\nextern \"C\" {\n${declarations}}\n\n")
string(APPEND table "namespace taskgate::net {\n\n")
if(number EQUAL 0)
  string(APPEND table "std::span<const Asset> ${FUNCTION}() { return {}; }\n")
else()
  string(APPEND table "namespace {\nstd::string_view bytes(const char* begin, const char* end) {\n"
    "  return {begin, static_cast<std::size_t>(end - begin)};\n}\n}  // namespace\n\n"
    "std::span<const Asset> ${FUNCTION}() {\n  static const std::array<Asset, ${number}> assets{{\n${rows}  }};\n  return assets;\n}\n")
endif()
string(APPEND table "\n}  // namespace taskgate::net\n")

foreach(output "asset_bytes.S;assembler" "asset_table.cpp;table")
  list(GET output 0 name)
  list(GET output 1 variable)
  set(previous "")
  if(EXISTS "${OUT}/${name}")
    file(READ "${OUT}/${name}" previous)
  endif()
  if(NOT previous STREQUAL "${${variable}}")
    file(WRITE "${OUT}/${name}" "${${variable}}")
  endif()
endforeach()
