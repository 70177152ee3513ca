namespace FastKv.Engine.Persistence.Aof;

/// <summary>Why an AOF cannot be loaded, in words for the log. Control plane.</summary>
/// <param name="message">One line, or several.</param>
public sealed class AofFault(string message) : Exception(message);
