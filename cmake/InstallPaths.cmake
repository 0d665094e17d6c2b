# Where things are installed. scikit-build-core says so for a wheel; else it is the site-packages
# folder of the interpreter in use, laid out as the wheel would lay it out.

if(SKBUILD)
  set(TORCHDEVICE_SCRIPTS_DIR "${SKBUILD_SCRIPTS_DIR}")
else()
  execute_process(
    COMMAND "${Python3_EXECUTABLE}" -c
            "import sysconfig; print(sysconfig.get_path('scripts'), end='')"
    OUTPUT_VARIABLE TORCHDEVICE_SCRIPTS_DIR
    COMMAND_ERROR_IS_FATAL ANY)
  if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
    execute_process(
      COMMAND "${Python3_EXECUTABLE}" -c
              "import sysconfig; print(sysconfig.get_path('platlib'), end='')"
      OUTPUT_VARIABLE platlib
      COMMAND_ERROR_IS_FATAL ANY)
    set(CMAKE_INSTALL_PREFIX "${platlib}" CACHE PATH "Installation prefix" FORCE)
  endif()
endif()

# torchdevice/ and torch/ stand side by side in site-packages.
# A wheel's command finds the libraries that came with it in lib/torchdevice beside bin.
if(APPLE)
  set(TORCHDEVICE_RPATH "@loader_path;@loader_path/../torch/lib")
  set(TORCHDEVICE_CLI_RPATH "@loader_path/../lib/torchdevice")
else()
  set(TORCHDEVICE_RPATH "$ORIGIN;$ORIGIN/../torch/lib")
  set(TORCHDEVICE_CLI_RPATH "$ORIGIN/../lib/torchdevice")
endif()
