from ringoff.surfaces.cli import main

main()
