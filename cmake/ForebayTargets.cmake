# What every target shares: strict warnings, sanitizers, precompiled headers, and one function per kind of target.

find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)

add_library(forebay_options INTERFACE)
target_include_directories(forebay_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(forebay_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Werror)
# g++ 12 sees overflows in std::string's own code that are none (fixed in later versions).
target_compile_options(forebay_options INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow>)
if(FOREBAY_SANITIZE)
  # With a sanitizer's checks in between, g++ loses sight of what std::regex has initialised.
  target_compile_options(forebay_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  # The check of vptrs opens a pipe to find out what may be read, and so sees errors where descriptors have run out.
  target_compile_options(forebay_options INTERFACE
    -fsanitize=${FOREBAY_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(forebay_options INTERFACE -fsanitize=${FOREBAY_SANITIZE})
endif()
target_link_libraries(forebay_options INTERFACE Threads::Threads)

# forebay_library(NAME target...): the folder's sources as one static library that may use `target...` and nothing else.
function(forebay_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC forebay_options ${ARGN})
    target_precompile_headers(${name} PRIVATE
      <algorithm> <cstdint> <functional> <memory> <optional> <string> <string_view> <unordered_map> <vector>)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE forebay_options ${ARGN})
  endif()
endfunction()
