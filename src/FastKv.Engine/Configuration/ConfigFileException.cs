namespace FastKv.Engine.Configuration;

/// <summary>A configuration that cannot be used. The process prints what is said here and exits with 1.</summary>
public sealed class ConfigFileException : Exception
{
    /// <summary>Makes the exception with a text for standard error, complete with line breaks.</summary>
    public ConfigFileException(string report)
        : base(report)
    {
    }

    /// <summary>Makes the exception with a text for the log instead.</summary>
    public ConfigFileException(string message, bool isLogLine)
        : base(message) => IsLogLine = isLogLine;

    /// <summary>Whether the message is a line for the log rather than a report for standard error.</summary>
    public bool IsLogLine { get; }
}
