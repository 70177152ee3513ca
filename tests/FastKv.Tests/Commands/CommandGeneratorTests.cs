using FastKv.CommandGenerator;
using FastKv.Tests.TestKit;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace FastKv.Tests.Commands;

/// <summary>Wrong declarations are compiler errors; the generated text does not depend on anything but the declarations.</summary>
public sealed class CommandGeneratorTests
{
    private const string Good = """Arity = 2, Group = CommandGroup.String, FirstKey = 1, LastKey = 1, Since = "1.0.0", Summary = "s", Complexity = "O(1)" """;

    [Fact]
    public void AGoodDeclarationCausesNoError() => Assert.Empty(Errors(Handler($"""[Command("A", {Good})]""")));

    [Theory]
    [InlineData("FKV001", """[Command("A", GOOD)] [Command("A", GOOD)]""")]
    [InlineData("FKV002", """[Command("A", Group = CommandGroup.String, FirstKey = 1, LastKey = 1, Since = "1.0.0", Summary = "s", Complexity = "O(1)")]""")]
    [InlineData("FKV002", """[Command("A", Arity = 2, FirstKey = 1, LastKey = 1, Since = "1.0.0", Summary = "s", Complexity = "O(1)")]""")]
    [InlineData("FKV002", """[Command("A", Arity = 2, Group = CommandGroup.String, FirstKey = 1, LastKey = 1, Summary = "s", Complexity = "O(1)")]""")]
    [InlineData("FKV002", """[Command("A", Arity = 2, Group = CommandGroup.String, FirstKey = 1, LastKey = 1, Since = "1.0.0", Complexity = "O(1)")]""")]
    [InlineData("FKV002", """[Command("A", Arity = 2, Group = CommandGroup.String, FirstKey = 1, LastKey = 1, Since = "1.0.0", Summary = "s")]""")]
    [InlineData("FKV004", """[Command("A", Flags = CommandFlags.Write | CommandFlags.ReadOnly, GOOD)]""")]
    [InlineData("FKV005", """[Command("A", Arity = 2, Group = CommandGroup.String, Since = "1.0.0", Summary = "s", Complexity = "O(1)")]""")]
    [InlineData("FKV006", """[Command("A|B", GOOD)]""")]
    [InlineData("FKV007", """[Command("a", GOOD)]""")]
    [InlineData("FKV007", """[Command("", GOOD)]""")]
    [InlineData("FKV007", """[Command("A|B|C", GOOD)]""")]
    [InlineData("FKV007", """[Command("ABCDEFGHIJKLMNOPQRSTUVWXY", GOOD)]""")]
    [InlineData("FKV008", """[Command("A", Syntax = "key [value", GOOD)]""")]
    [InlineData("FKV009", """[KeySpec(Index = 1)] [Command("A", GOOD)]""")]
    public void AWrongDeclarationIsAnError(string id, string attributes) =>
        Assert.Equal([id], Errors(Handler(attributes.Replace("GOOD", Good, StringComparison.Ordinal))).Distinct());

    [Theory]
    [InlineData("private static void M(ref CommandContext c) { }")]
    [InlineData("internal void M(ref CommandContext c) { }")]
    [InlineData("internal static int M(ref CommandContext c) => 0;")]
    [InlineData("internal static void M(CommandContext c) { }")]
    [InlineData("internal static void M(ref CommandContext c, int x) { }")]
    [InlineData("internal static void M<T>(ref CommandContext c) { }")]
    [InlineData("internal static void M(ref int c) { }")]
    public void AHandlerOfAnotherShapeIsAnError(string method) => Assert.Equal(["FKV003"], Errors($$"""
        namespace FastKv.Engine.Commands;
        internal class C { [Command("A", {{Good}})] {{method}} }
        """));

    [Fact]
    public void AContainerHoldsItsSubcommands() => Assert.Empty(Errors($$"""
        namespace FastKv.Engine.Commands;
        [CommandContainer("A", Group = CommandGroup.Server, Since = "1.0.0", Summary = "s")]
        internal static class C { [Command("A|B", {{Good}})] internal static void M(ref CommandContext c) { } }
        """));

    [Fact]
    public void AnUnrelatedEditDoesNotRunTheEmitterAgain()
    {
        var compilation = Compile(Handler($"""[Command("A", {Good})]"""));
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new CommandTableGenerator().AsSourceGenerator()], driverOptions: new GeneratorDriverOptions(default, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(compilation);
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Unrelated { }")));
        var outputs = driver.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs);
        Assert.All(outputs, output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    private static string Handler(string attributes) => $$"""
        namespace FastKv.Engine.Commands;
        internal static class C { {{attributes}} internal static void M(ref CommandContext c) { } }
        """;

    private static string[] Errors(string source)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create(new CommandTableGenerator());
        driver = driver.RunGeneratorsAndUpdateCompilation(Compile(source), out _, out var diagnostics);
        Assert.Null(driver.GetRunResult().Results[0].Exception);
        return [.. diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.Id)];
    }

    private static CSharpCompilation Compile(string source)
    {
        string attributes = File.ReadAllText(Path.Combine(TestEnvironment.RepositoryRoot, "src", "FastKv.Engine", "Commands", "CommandAttribute.cs"));
        string[] sources = [attributes, source, "namespace FastKv.Engine.Commands { internal struct CommandContext { } }", "global using System;"];
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is "System.Runtime.dll" or "System.Private.CoreLib.dll")
            .Select(path => MetadataReference.CreateFromFile(path));
        return CSharpCompilation.Create("Sample", sources.Select(s => CSharpSyntaxTree.ParseText(s)), references);
    }
}
