#include "app/run.hpp"

int main(int argc, char** argv) { return lars::app::run(argc, argv); }
