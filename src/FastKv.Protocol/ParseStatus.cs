// Data plane. What one call of the request parser found.
namespace FastKv.Protocol;

/// <summary>Outcome of <see cref="RequestParser.Next"/>.</summary>
public enum ParseStatus
{
    /// <summary>A whole command was decoded; it has at least one argument, its name.</summary>
    Command,

    /// <summary>The buffer ends before the command does: call again with more bytes.</summary>
    Incomplete,

    /// <summary>The client broke the protocol: send <see cref="RequestParser.ErrorText"/> and close. Final until a reset.</summary>
    Error,
}
