using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Architecture;

/// <summary>
/// Holds the layering of docs/ARCHITECTURE.md: each layer references only those under it, by what its assembly really
/// references and by what its project file may reference.
/// </summary>
public sealed partial class LayeringTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["FastKv.Memory"] = [],
        ["FastKv.Structures"] = ["FastKv.Memory"],
        ["FastKv.Protocol"] = ["FastKv.Memory"],
        ["FastKv.Network"] = ["FastKv.Memory"],
        ["FastKv.Engine"] = ["FastKv.Memory", "FastKv.Structures", "FastKv.Protocol", "FastKv.Network", "FastKv.CommandGenerator"],
        ["FastKv.Server"] = ["FastKv.Memory", "FastKv.Structures", "FastKv.Protocol", "FastKv.Network", "FastKv.Engine"],
        ["FastKv.CommandGenerator"] = [],
    };

    /// <summary>The layers.</summary>
    public static TheoryData<string> Layers => new(Allowed.Keys);

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_references_only_those_under_it(string layer)
    {
        string name = layer == "FastKv.Server" ? "fastkv-server" : layer;
        string file = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        // The generator runs in the compiler and is never copied beside the programs; its project file is checked all the same.
        if (layer != "FastKv.CommandGenerator")
            AssertAllowed(layer, ReferencesOf(file));
        string project = File.ReadAllText(Path.Combine(TestEnvironment.RepositoryRoot, "src", layer, layer + ".csproj"));
        AssertAllowed(layer, ProjectReference().Matches(project).Select(m => m.Groups[1].Value));
    }

    [Fact]
    public void Every_project_under_src_is_a_known_layer()
    {
        IEnumerable<string?> projects = Directory.EnumerateFiles(Path.Combine(TestEnvironment.RepositoryRoot, "src"), "*.csproj",
            SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension);
        Assert.Equal(Allowed.Keys.Order(), projects.Order());
    }

    private static void AssertAllowed(string layer, IEnumerable<string> references)
    {
        foreach (string reference in references)
            Assert.True(Allowed[layer].Contains(reference), $"{layer} must not reference {reference}");
    }

    private static List<string> ReferencesOf(string assembly)
    {
        using var stream = File.OpenRead(assembly);
        using var image = new PEReader(stream);
        MetadataReader metadata = image.GetMetadataReader();
        return metadata.AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name))
            .Where(n => n.StartsWith("FastKv", StringComparison.OrdinalIgnoreCase)).ToList();
    }

    [GeneratedRegex("ProjectReference Include=\"[^\"]*[/\\\\](FastKv\\.[A-Za-z]+)\\.csproj\"")]
    private static partial Regex ProjectReference();
}
