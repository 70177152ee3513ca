using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Server;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Commands;

/// <summary>docs/COMMANDS.md says what the command table says; FASTKV_UPDATE_DOCS=1 writes it.</summary>
public sealed class CommandsDocumentTests
{
    [Fact]
    public void TheDocumentIsUpToDate()
    {
        string expected = CommandsDocument.Build();
        if (Environment.GetEnvironmentVariable("FASTKV_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(CommandsDocument.FilePath)!);
            File.WriteAllText(CommandsDocument.FilePath, expected);
        }
        string actual = File.Exists(CommandsDocument.FilePath) ? File.ReadAllText(CommandsDocument.FilePath) : "";
        Assert.True(expected == actual, "docs/COMMANDS.md is out of date; run this test with FASTKV_UPDATE_DOCS=1");
    }

    [Fact]
    public void EveryCommandOfRedis70IsListedAsItDescribesItself()
    {
        var listed = CommandsDocument.RedisCommands();
        using var server = new RedisServerProcess();
        using var client = server.Connect();
        foreach (var name in client.Call("COMMAND", "LIST").Items!.Select(i => i.Text))
        {
            var docs = client.Call("COMMAND", "DOCS", name).Items![1].Items!;
            Assert.Equal((name, Field("group"), Field("since")), (name, listed[name].Group, listed[name].Since));

            string Field(string field) => docs[Array.FindIndex(docs, d => d.Text == field) + 1].Text;
        }
    }

    [Fact]
    public void TheCommandTableAgreesOnGroupAndVersion()
    {
        var listed = CommandsDocument.RedisCommands();
        foreach (var command in CommandTable.All.Where(c => listed.ContainsKey(c.Name)))
        {
            var (group, since) = listed[command.Name];
            Assert.Equal((command.Name, group, since), (command.Name, CommandNames.Group(command.Group), command.Docs.Since));
        }
    }
}
