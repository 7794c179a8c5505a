#include "app/process.hpp"
#include "app/run.hpp"

int main(int argc, char** argv) {
  lars::app::prepare_process();
  return lars::app::run(argc, argv);
}
