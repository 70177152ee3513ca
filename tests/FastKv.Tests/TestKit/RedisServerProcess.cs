namespace FastKv.Tests.TestKit;

/// <summary>The distribution's redis-server (7.0.15 is what the expected replies were taken from), without persistence.</summary>
public sealed class RedisServerProcess(params string[] options)
    : ServerProcess("redis-server", ["--enable-debug-command", "yes", .. options])
{
    /// <inheritdoc/>
    public override bool IsFastKv => false;
}
