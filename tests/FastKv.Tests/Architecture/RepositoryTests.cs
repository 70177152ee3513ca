using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Architecture;

/// <summary>The shape of the repository and the habits of the code that a search can hold.</summary>
public sealed partial class RepositoryTests
{
    private static readonly string[] DataPlaneLayers = ["FastKv.Memory", "FastKv.Structures", "FastKv.Protocol", "FastKv.Network", "FastKv.Engine"];

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    [InlineData("perf-reports")]
    [InlineData("tools/loadgen")]
    [InlineData("docs/ARCHITECTURE.md")]
    [InlineData(".ci/run")]
    [InlineData("FastKv.sln")]
    [InlineData("README.md")]
    [InlineData("Directory.Packages.props")]
    public void The_top_level_is_complete(string path) => Assert.True(Path.Exists(Path.Combine(TestEnvironment.RepositoryRoot, path)), path + " is missing");

    [Fact]
    public void No_layer_but_the_server_writes_to_the_console() => AssertNowhere(DataPlaneLayers, ConsoleUse());

    [Fact]
    public void No_source_holds_regions_or_open_ends() => AssertNowhere([.. DataPlaneLayers, "FastKv.Server", "FastKv.CommandGenerator"], OpenEnd());

    [Fact]
    public void No_source_swallows_exceptions() => AssertNowhere([.. DataPlaneLayers, "FastKv.Server", "FastKv.CommandGenerator"], EmptyCatch());

    private static void AssertNowhere(IEnumerable<string> layers, Regex pattern)
    {
        var found = new List<string>();
        foreach (string layer in layers)
        {
            string folder = Path.Combine(TestEnvironment.RepositoryRoot, "src", layer);
            foreach (string file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
                .Where(f => !f.Contains("/obj/", StringComparison.Ordinal)))
            {
                string text = File.ReadAllText(file);
                foreach (Match match in pattern.Matches(text))
                    found.Add($"{Path.GetRelativePath(TestEnvironment.RepositoryRoot, file)}:{text.AsSpan(0, match.Index).Count('\n') + 1}: {match.Value.Trim()}");
            }
        }
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [GeneratedRegex(@"\bConsole\s*\.\s*(Error\s*\.\s*)?Write")]
    private static partial Regex ConsoleUse();

    [GeneratedRegex(@"^\s*#region|\bTODO\b|\bFIXME\b|NotImplementedException", RegexOptions.Multiline)]
    private static partial Regex OpenEnd();

    [GeneratedRegex(@"catch\s*(\([^)]*\))?\s*(when\s*\([^{]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();
}
