namespace FastKv.Engine.Logging;

/// <summary>How important a log line is; the names and the order are those of Redis's <c>loglevel</c>.</summary>
public enum LogLevel
{
    /// <summary>Useful while developing ('.').</summary>
    Debug,

    /// <summary>Rarely useful detail ('-').</summary>
    Verbose,

    /// <summary>What an operator wants to read ('*'); the default.</summary>
    Notice,

    /// <summary>What an operator must read ('#').</summary>
    Warning,
}
