"""Starts, watches and stops every process of an installation.

The supervisor imports the product once and forks its children from there: a start costs one
import instead of six, a restart next to nothing, and the children share their memory.
It keeps no threads and opens no database, so that forking stays safe.
"""
