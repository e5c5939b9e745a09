# The dashboard inside the program: the library taskgate_assets holds web/dist, and defines net::dashboard_assets()
# (server/net/static_assets.h). Without web/dist it is an empty table.
#
# The set of files changes with every build of the dashboard, so it is listed anew each time the library is built; nothing is
# assembled again unless a file changed.
if(TARGET taskgate_assets)
  return()
endif()

set(TASKGATE_DIST_DIR ${PROJECT_SOURCE_DIR}/web/dist)
set(TASKGATE_ASSETS_DIR ${PROJECT_BINARY_DIR}/assets)
set(TASKGATE_EMBED_COMMAND
    ${CMAKE_COMMAND} -DDIST=${TASKGATE_DIST_DIR} -DOUT=${TASKGATE_ASSETS_DIR}
    -P ${PROJECT_SOURCE_DIR}/cmake/embed_assets.cmake)

add_custom_target(taskgate_assets_list
  COMMAND ${TASKGATE_EMBED_COMMAND}
  BYPRODUCTS ${TASKGATE_ASSETS_DIR}/asset_bytes.S ${TASKGATE_ASSETS_DIR}/asset_table.cpp
  COMMENT "Listing the dashboard's files"
  VERBATIM)

add_library(taskgate_assets STATIC ${TASKGATE_ASSETS_DIR}/asset_bytes.S ${TASKGATE_ASSETS_DIR}/asset_table.cpp)
add_dependencies(taskgate_assets taskgate_assets_list)
target_link_libraries(taskgate_assets PUBLIC taskgate_net)
# The C++ options of this project are not the assembler's.
set_property(TARGET taskgate_assets PROPERTY CXX_CLANG_TIDY "")
