"""Stylize films: read and write clips, optical flow, temporal consistency, segments that survive a kill."""
