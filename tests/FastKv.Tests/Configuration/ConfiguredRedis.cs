using FastKv.Tests.TestKit;

namespace FastKv.Tests.Configuration;

/// <summary>redis-server with a configuration file of the test's.</summary>
internal sealed class ConfiguredRedis(string file, params string[] options) : ServerProcess("redis-server", [file, .. options])
{
    public override bool IsFastKv => false;
}
