# taskgate_embed(LIBRARY FOLDER FUNCTION)
#
# Files inside the program: the library holds every file of FOLDER and defines net::FUNCTION() (server/net/static_assets.h). Without the
# folder it is an empty table.
#
# The set of files changes with every build of what makes them, so it is listed anew each time the library is built; nothing is
# assembled again unless a file changed.
function(taskgate_embed library folder function)
  set(out ${PROJECT_BINARY_DIR}/${library})
  add_custom_target(${library}_list
    COMMAND ${CMAKE_COMMAND} -DDIST=${folder} -DOUT=${out} -DFUNCTION=${function} -P ${PROJECT_SOURCE_DIR}/cmake/embed_assets.cmake
    BYPRODUCTS ${out}/asset_bytes.S ${out}/asset_table.cpp
    COMMENT "Listing the files of ${library}"
    VERBATIM)
  add_library(${library} STATIC ${out}/asset_bytes.S ${out}/asset_table.cpp)
  add_dependencies(${library} ${library}_list)
  target_link_libraries(${library} PUBLIC taskgate_net)
  # The C++ options of this project are not the assembler's.
  set_property(TARGET ${library} PROPERTY CXX_CLANG_TIDY "")
endfunction()
