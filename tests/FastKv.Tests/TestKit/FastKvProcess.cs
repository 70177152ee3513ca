namespace FastKv.Tests.TestKit;

/// <summary>
/// The fastkv-server of this build, on the debug heap: native memory that is still allocated after SIGTERM makes it exit
/// with a code other than 0 and a report in its log, so every test that disposes its server also checks for leaks.
/// </summary>
public sealed class FastKvProcess(int shards, params string[] options)
    : ServerProcess(TestEnvironment.DotNetHost, Arguments(shards, options))
{
    /// <inheritdoc/>
    public override bool IsFastKv => true;

    private static IEnumerable<string> Arguments(int shards, string[] options)
    {
        yield return Path.Combine(AppContext.BaseDirectory, "fastkv-server.dll");
        foreach (string own in (string[])["--shards", shards.ToString(), "--debug-heap", "yes", "--enable-debug-command", "yes"])
            yield return own;
        if (TestEnvironment.Engine is { } engine)
        {
            yield return "--io-engine";
            yield return engine;
        }
        foreach (string option in options)
            yield return option;
    }
}
