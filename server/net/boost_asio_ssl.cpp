// The compiled part of Boost.Asio's TLS (BOOST_ASIO_SEPARATE_COMPILATION), once for the whole program.
#include <boost/asio/ssl/impl/src.hpp>
