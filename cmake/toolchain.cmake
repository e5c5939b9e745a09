# How everything is compiled: warnings are errors, ccache and a fast linker where the machine has them.

find_program(TASKGATE_CCACHE ccache)
if(TASKGATE_CCACHE)
  # Precompiled headers need these two relaxations to be cacheable at all.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TASKGATE_CCACHE})
endif()

find_program(TASKGATE_MOLD mold)
if(TASKGATE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fpch-preprocess)
add_compile_definitions(
  BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED
  BOOST_BEAST_USE_STD_STRING_VIEW
  SPDLOG_FMT_EXTERNAL)

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")

# g++ 12 sees what is not there once it has inlined coroutine frames and std::string: its flow-based warnings are left to the
# sanitizers, which look at what really happens.
add_compile_options(-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-restrict
                    -Wno-mismatched-new-delete -Wno-dangling-pointer -Wno-free-nonheap-object)

if(TASKGATE_SANITIZE)
  add_compile_options(-fsanitize=${TASKGATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TASKGATE_SANITIZE})
endif()

if(TASKGATE_SANITIZE MATCHES "thread")
  # Asio's fences, which the thread sanitizer does not model.
  add_compile_options(-Wno-tsan)
endif()
