namespace FastKv.Engine.Persistence;

/// <summary>The data on disk cannot be loaded; the message says where and why, for the log. Control plane.</summary>
public sealed class DatasetException : Exception
{
    /// <summary>With a message for the log.</summary>
    public DatasetException(string message)
        : base(message)
    {
    }
}
