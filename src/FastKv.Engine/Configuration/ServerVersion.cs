namespace FastKv.Engine.Configuration;

/// <summary>What the server says it is.</summary>
public static class ServerVersion
{
    /// <summary>The Redis version whose behaviour is the reference, as <c>INFO</c> reports it in <c>redis_version</c>.</summary>
    public const string RedisVersion = "7.4.2";

    /// <summary>FastKv's own version.</summary>
    public const string FastKvVersion = "0.1.0";
}
