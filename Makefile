# Short names for the commands of dev.py, which does the work and needs only python3.
.PHONY: demo test check bench

demo test check bench:
	@python3 dev.py $@
