//! Classification of many objects: sources, parallel run, sinks, resume.
