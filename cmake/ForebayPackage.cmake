# What `cmake --install` puts where, and the Debian package that CPack makes of it.
include(GNUInstallDirs)

install(TARGETS forebay RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES "${CMAKE_SOURCE_DIR}/README.md" "${CMAKE_SOURCE_DIR}/ARCHITECTURE.md" DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(FILES ${CMAKE_SOURCE_DIR}/conf/forebay.example.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples OPTIONAL)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/forebay.service DESTINATION lib/systemd/system)
# Forebay looks in /etc/forebay whatever the prefix is; settings that are there are somebody's work.
foreach(file forebay.toml userlist.txt)
  install(CODE "
    if(NOT EXISTS \"\$ENV{DESTDIR}/etc/forebay/${file}\")
      file(INSTALL \"${CMAKE_SOURCE_DIR}/deploy/debian/${file}\" DESTINATION \"/etc/forebay\"
        PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
    endif()")
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "The Forebay developers <forebay@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "connection pool and gateway in front of PostgreSQL")
set(CPACK_PACKAGE_DESCRIPTION "Forebay lets thousands of client connections share a few server connections, in transaction,
session or statement mode. It knows PgBouncer's settings and has its admin console,
keeps prepared statements working, and tells Prometheus how it does.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(file postinst prerm postrm conffiles)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/deploy/debian/${file}")
endforeach()
include(CPack)
