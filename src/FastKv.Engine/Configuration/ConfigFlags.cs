namespace FastKv.Engine.Configuration;

/// <summary>What may be done with a parameter, beyond its type.</summary>
[Flags]
public enum ConfigFlags
{
    /// <summary>One value, may be changed at run time.</summary>
    None = 0,

    /// <summary>Set at start only: CONFIG SET refuses it.</summary>
    Immutable = 1,

    /// <summary>Takes any number of words; validates their count itself.</summary>
    MultiArgument = 2,

    /// <summary>A secret: its value must not appear in slow log, MONITOR or crash reports.</summary>
    Sensitive = 4,

    /// <summary>Not shown by CONFIG GET unless asked for by its exact name.</summary>
    Hidden = 8,

    /// <summary>CONFIG SET is allowed only as <c>enable-protected-configs</c> says.</summary>
    Protected = 16,

    /// <summary>CONFIG SET is refused while a data set is being loaded.</summary>
    DenyLoading = 32,

    /// <summary>Has a field of its own although no part acts on it yet.</summary>
    Pending = 64,
}

/// <summary>What became of an attempt to set a parameter.</summary>
public enum SetOutcome
{
    /// <summary>The value is not valid; nothing was changed.</summary>
    Rejected,

    /// <summary>The value is the one it had.</summary>
    Unchanged,

    /// <summary>A new value is in place.</summary>
    Changed,
}

/// <summary>Where a value comes from: a few parameters accumulate over the lines of a file, but are replaced by CONFIG SET.</summary>
public enum ConfigSource
{
    /// <summary>A configuration file, standard input or the command line.</summary>
    File,

    /// <summary>CONFIG SET.</summary>
    Command,
}
