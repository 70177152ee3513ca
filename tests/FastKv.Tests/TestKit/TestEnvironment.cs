namespace FastKv.Tests.TestKit;

/// <summary>
/// What the environment can change about a test run:
/// <c>FASTKV_TEST_ENGINE</c> = io_uring | epoll forces the server's event loop;
/// <c>FASTKV_TEST_STANDIN</c> = redis puts redis-server in FastKv's place, which shows that a test is right when it fails on FastKv;
/// <c>FASTKV_DIFF_COUNT</c> = number of differential comparisons; <c>FASTKV_DIFF_SEED</c> = their seed, or <c>random</c>.
/// </summary>
public static class TestEnvironment
{
    private const int DefaultDifferentialCount = 200_000;
    private const int DefaultDifferentialSeed = 20_261_120;

    /// <summary>The forced I/O engine, or null for the server's own choice.</summary>
    public static string? Engine => Value("FASTKV_TEST_ENGINE");

    /// <summary>True when redis-server plays FastKv's part.</summary>
    public static bool StandIn => Value("FASTKV_TEST_STANDIN") == "redis";

    /// <summary>Comparisons of the differential tests, in total.</summary>
    public static int DifferentialCount => int.TryParse(Value("FASTKV_DIFF_COUNT"), out int count) ? count : DefaultDifferentialCount;

    /// <summary>Base seed of the differential tests.</summary>
    public static int DifferentialSeed { get; } = Value("FASTKV_DIFF_SEED") switch
    {
        null => DefaultDifferentialSeed,
        "random" => Random.Shared.Next(),
        string text => int.Parse(text),
    };

    /// <summary>The dotnet host that runs the tests, so that the server runs on the same runtime.</summary>
    public static string DotNetHost => Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet";

    /// <summary>The repository's top folder: the nearest one above the test assembly that holds FastKv.sln.</summary>
    public static string RepositoryRoot
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "FastKv.sln")))
                    return folder.FullName;
            }
            throw new DirectoryNotFoundException("no FastKv.sln above " + AppContext.BaseDirectory);
        }
    }

    private static string? Value(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
