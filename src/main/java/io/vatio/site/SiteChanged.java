package io.vatio.site;

/// A site was created or edited, its clock perhaps; published after the commit.
///
/// @param site as it is now
public record SiteChanged(Site site) {}
